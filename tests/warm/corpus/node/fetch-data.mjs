console.log(await (await fetch('data:text/plain,hello')).text())
