"""The making of one text: prompt, request, answer, `parsed.txt`."""
