# {"input": "name,count\nx,2\ny,3\n"}
import csv
import sys

print(sum(int(row['count']) for row in csv.DictReader(sys.stdin)))
