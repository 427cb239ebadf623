"""How much and how long a client may take."""

LARGEST_BODY = 1_000_000  # bytes; forms are all that is sent here, and no file is ever uploaded
LARGEST_HEAD = 65_536
LARGEST_SUM = 32_000_000  # bytes of incomplete requests that one process holds
SECONDS_TO_SEND = 20  # a whole request, from its first byte
SECONDS_TO_TAKE = 60  # a whole answer, and longer where it is large:
SLOWEST = 10_000  # bytes a second
SECONDS_TO_HANG_UP = 5  # after the last answer

# What people send who are not signed in yet: these hash passwords.
STRANGERS_FORMS = (b"POST /sign-in/", b"POST /invitation/", b"POST /first-admin/")
THREADS_FOR_STRANGERS = 2  # of each process, beside those for everything else
LARGEST_CROWD = 50  # of such forms waiting in one process: some seconds' work
