import re

print(re.findall(r'(\w+)@(\w+)', 'a@b, c@d'), re.sub('(?i)X', '-', 'axbX'))
