console.log(Intl.DateTimeFormat().resolvedOptions(), (1234.5).toLocaleString(), new Date(0).toString())
