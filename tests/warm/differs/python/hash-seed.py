# {"varies": true}
# Drawn when the interpreter starts, for it alone.
print(hash('text'))
