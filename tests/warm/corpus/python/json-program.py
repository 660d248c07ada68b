# {"input": "{\"numbers\": [1, 2, 3.5], \"text\": \"ü\"}"}
import json
import sys

data = json.load(sys.stdin)
print(json.dumps(data, ensure_ascii=False, indent=2), sum(data['numbers']))
