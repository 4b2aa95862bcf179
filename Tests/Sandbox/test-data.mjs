// Checks that the sandbox answers each row of the article's table of test data as the table says.
// node test-data.mjs SANDBOX_URL ARTICLE
import { readFileSync } from "node:fs";

const [url, article] = process.argv.slice(2);
const rows = readFileSync(article, "utf8").matchAll(/^\| (\d{11}) \| (\d{16}) \| (\d{4}) \| (\d{3}) \| (\d{3}) `(\d{3}_\d{3})`/gm);
let count = 0;
for (const [, userId, physicalCardNo, physicalCardExpDate, physicalCardCVC, status, code] of rows) {
  for (const level of ["message", "field"]) {
    const parameters = { userId: Number(userId), physicalCardNo, physicalCardExpDate, physicalCardCVC };
    const response = await fetch(`${url}/sandbox/try`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ parameters, level }),
    });
    const call = await response.json();
    if (call.status !== Number(status) || call.resultCode !== code) {
      throw new Error(`user ${userId}: expected ${status} ${code}, got ${call.status} ${call.resultCode}`);
    }
    count++;
  }
}
if (count !== 12) throw new Error(`the article must have 6 rows; found ${count / 2}`);
console.log(`${count} calls answered as the article says`);
