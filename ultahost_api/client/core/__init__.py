"""What every call is made of: parameters, transport, answers, the rate, pages and errors."""
