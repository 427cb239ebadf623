"""The parts of pages: tables, filters, exports, confirmation pages, HTML from outside."""
