import site

print(site.ENABLE_USER_SITE, site.USER_SITE, site.USER_BASE, site.PREFIXES)
print(site.getsitepackages(), exit, quit, copyright.__class__, help)
