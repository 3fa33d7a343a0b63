"""Adds up the test results of a folder of .trx files: prints the tables that tests wrote (output that begins with "# "),
why tests were skipped, and as the last line the counts."""
import pathlib
import sys
import xml.etree.ElementTree as xml

NAMESPACE = {"t": "http://microsoft.com/schemas/VisualStudio/TeamTest/2010"}
counts = {"Passed": 0, "Failed": 0, "NotExecuted": 0}
files = sorted(pathlib.Path(sys.argv[1]).glob("*.trx"))
for file in files:
    for result in xml.parse(file).getroot().iterfind(".//t:UnitTestResult", NAMESPACE):
        outcome = result.get("outcome")
        counts[outcome if outcome in counts else "Failed"] += 1
        output = result.findtext(".//t:StdOut", "", NAMESPACE).strip()
        if output.startswith("# "):
            print(output)
        if outcome == "NotExecuted":
            reason = result.findtext(".//t:Message", "no reason given", NAMESPACE).strip()
            print(f"SKIPPED {result.get('testName')}: {reason}")
        elif outcome != "Passed":
            print(f"FAILED {result.get('testName')}")
print(f"{counts['Passed']} passed, {counts['Failed']} failed, {counts['NotExecuted']} skipped")
sys.exit(0 if files and counts["Passed"] and not counts["Failed"] else 1)
