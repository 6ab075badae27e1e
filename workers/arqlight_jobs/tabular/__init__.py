"""Files of rows that people hand in and take away, whatever the domain: it knows none.

faults     what makes a file of no use
intake     takes a copy of a file in
survey     is it text, in which encoding, of how many lines
layout     names of columns, and which sign separates them
reading    its records one by one, none longer than memory allows
formulas   cells that a spreadsheet would carry out
drafts     files that are there whole or not at all
"""
