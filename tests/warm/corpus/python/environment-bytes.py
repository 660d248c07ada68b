# {"env": {"MINE": "ü"}}
import os

print(os.environb[b'MINE'], os.getenvb(b'HOME'), os.getenv('NOTHING'))
