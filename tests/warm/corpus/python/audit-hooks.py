import sys

seen = []
sys.addaudithook(lambda event, args: seen.append(event) if event == 'open' else None)
open('/dev/null').close()
print(seen)
