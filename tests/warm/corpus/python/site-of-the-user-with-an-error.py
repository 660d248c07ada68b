# {"files": {".local/lib/python3.13/site-packages/bad.pth": "import nothing_of_that_name\n"}}
print('goes on')
