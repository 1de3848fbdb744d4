"""What a report says first, in sentences: tables in, sentences out."""
