"""Printed papers as Word and PDF: one description of the paper, two writers.

Layout after GB/T 9704-2012 (党政机关公文格式): A4, margins 37 mm above, 28 left, 26 right, 35 below; 22 lines of 28
characters; title in size 2 (22 pt), body in size 3 (16 pt) with a first-line indent of two characters, page number in
size 4 (14 pt). The standard's fonts are not free: the files name them first and fall back to free ones.
"""

from tongxin.core.documents.paper import Block, Heading, Listing, Paper, Paragraph, Signature, Table
from tongxin.core.documents.pdf import to_pdf
from tongxin.core.documents.sending import WRITERS, paper_response
from tongxin.core.documents.word import to_word

__all__ = [
    "WRITERS",
    "Block",
    "Heading",
    "Listing",
    "Paper",
    "Paragraph",
    "Signature",
    "Table",
    "paper_response",
    "to_pdf",
    "to_word",
]
