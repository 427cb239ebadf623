"""Mail that tells people what they must know, once.

noting writes down what is to be told; digests gathers the mail of the day; words says it; sending hands it to
the mail server through postbox. docs/mail.md has the promises.
"""
