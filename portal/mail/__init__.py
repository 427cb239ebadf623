"""Mail that tells people what they must know, once.

outbox writes down what is to be told, digests gathers the mail of the day, messages chooses the subject and
the facts, templates/mail/ has the words, sending hands it to the mail server through smtp. docs/mail.md has
the promises.
"""
