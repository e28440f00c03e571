"""The export of one case: a package that proves itself, and the receipt that says it was made (ledger.md 6).

variants   who may make which, and what each shows
book       what is asked of the record: a case copied with its proofs
telling    each entry of a copy as one variant tells it: what is opened, what is withheld, which file goes along
cover      README.txt, the page a reader begins with
history    history.txt and case.json, which retell the entries
package    all files of a package, and its .zip, byte for byte the same from the same
exports    the use cases: make one, hand it out, hand out its receipt
"""
