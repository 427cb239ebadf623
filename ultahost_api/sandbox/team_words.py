"""What the demo team's rows are called: the names that break careless pages are among them."""

PEOPLE = (
    ("Zoë", "Müller-Österreich"),
    ("José", "Nuñez"),
    ("Łukasz", "Żółć"),
    ("田中", "さくら"),
    ("نور", "الهاشمي"),
    ("Siân", "O'Brien"),
    ("Anna 🌻", "Lindqvist"),
    ("Nguyễn", "Thị Ánh"),
)

# (label, top-level domain)
SITES = (
    ("atelier-lumiere", "fr"),
    ("kaffeerösterei", "de"),
    ("bücherstube", "de"),
    ("north-pier", "com"),
    ("さくら旅行", "jp"),
    ("open-harbour", "org"),
    ("piñata-party", "es"),
    ("slow-bread", "eu"),
    ("river-and-reed", "com"),
    ("vélo-marché", "fr"),
    ("tiny-observatory", "net"),
    ("smörgåsbord", "se"),
    ("قهوة-الصباح", "com"),
    ("a-name-so-long-that-no-column-was-ever-drawn-wide-enough-to-hold-it", "com"),
)

# The last ones are hostile or unwieldy on purpose.
PRODUCTS = (
    ("Linux VPS Basic", "19.99"),
    ("Linux VPS Plus", "34.99"),
    ("Basic Windows VPS", "24.99"),
    ("Shared Hosting Starter", "4.50"),
    ("Managed WordPress", "11.80"),
    ("Mail Hosting Business", "7.25"),
    ("Dedicated Server X1", "149.00"),
    ("Serveur dédié – Édition été", "89.90"),
    ("クラウドサーバー 標準", "42.00"),
    ("🚀 Rocket Hosting", "15.00"),
    ("خادم افتراضي", "21.00"),
    ("<script>alert('product')</script> & {{ braces }} {% now %}", "9.99"),
    ("Enterprise Geo-Redundant Managed Kubernetes Cluster with Nightly Off-Site Backups, Plan B", "1249.00"),
)

CYCLES = (("Monthly", 1), ("Monthly", 1), ("Monthly", 1), ("Quarterly", 3), ("Annually", 12))

MAIL_SUBJECTS = (
    "Customer Invoice",
    "Invoice Payment Confirmation",
    "Invoice Payment Reminder",
    "Domain Renewal Notice",
    "New Server Information — your größerer Server is ready 🎉",
)

PLAIN_MAIL = """<html><body><p>Dear customer,</p><p>this is a notice about your account.
See <a href="https://bill.example.com/viewinvoice.php?id=1">your invoice</a>.</p></body></html>"""

HOSTILE_MAIL = """<html><head><style>body { background: url(https://tracker.example.net/style.gif) }</style>
<script>document.title = "taken over"</script></head>
<body onload="alert('mail')"><p>Thank you for your order.</p>
<img src="https://tracker.example.net/pixel.gif" width="1" height="1" alt="">
<a href="javascript:alert('link')">Open</a>
<form action="https://phish.example.net/"><input name="password"></form>
</body></html>"""

ANNOUNCEMENTS = (
    ("Welcome to our hosting service!", "<p>We are glad that you are here.</p>"),
    ("Scheduled Maintenance", "<p>We will be performing <strong>scheduled maintenance</strong>.</p>"),
    ("Neue Rechenzentren in Zürich und København", "<p>Zwei neue Standorte.</p>"),
    (
        "Change of terms",
        '<p>See the <a href="https://example.com/terms">new terms</a>.</p><script>1</script>',
    ),
)
