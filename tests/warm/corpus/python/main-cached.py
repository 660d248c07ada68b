print(__cached__)
