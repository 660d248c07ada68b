import asyncio, collections, csv, datetime, decimal, email, http.client, json, logging, pathlib
import sqlite3, statistics, subprocess, tempfile, threading, unittest, urllib.request, uuid, zlib
import sys

print(len(sys.modules), sorted(sys.modules) == sorted(set(sys.modules)))
