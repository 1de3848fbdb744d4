"""A copy of the data root in object storage, for hosts without a file system in common.

``client`` speaks to the server, ``tree`` says what is copied and in which order, ``known``
remembers what was last in step, ``merge`` joins two versions of a file, ``mirror`` moves files.
"""
