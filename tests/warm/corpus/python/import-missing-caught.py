try:
    import nothing_of_that_name
except ModuleNotFoundError as error:
    print(error, error.name, error.path)
