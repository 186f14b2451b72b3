// The bar of an import follows what the server says, then the page shows the end.
"use strict";

const bar = document.getElementById("bar");

async function follow() {
  try {
    const answer = await fetch(bar.dataset.progress, { headers: { Accept: "application/json" } });
    if (!answer.ok) return;
    const told = await answer.json();
    bar.value = told.settled;
    document.getElementById("settled").textContent = told.settled;
    if (told.state !== "running") return location.reload();
  } catch { /* the next look may succeed */ }
  setTimeout(follow, 1000);
}

if (bar && bar.dataset.state === "running") setTimeout(follow, 500);
