import Foundation
import KMSecurity
import KMSecurityTestSupport
import Testing

/// Runs the snippets of the article PARDerivation.
struct PARSnippetTests {
    @Test func theSnippetsDeriveTheExamplePAR() throws {
        let folder = try SnippetFolder()
        let path = folder.path("key")
        try Data(Array(0..<32)).write(to: URL(filePath: path))
        #expect(try PARSnippets.derive(keyFile: path).text == "Q1TVW288RYXC69CUMPOH7VPEK2Z")
        let par = try PARSnippets.readme(keyFile: path, physicalCardNo: "9491339401250765")
        #expect(par.text == "Q1TVW288RYXC69CUMPOH7VPEK2Z")
    }

    @Test(arguments: [false, true]) func aCardKeepsItsStoredPARAfterAKeyChange(_ isStored: Bool) throws {
        let pan = try PAN("9491339401250765")
        let oldKey = try TokenizationKey(SecretBytes(randomCount: 32), version: 1)
        let newKey = try TokenizationKey(SecretBytes(randomCount: 32), version: 2)
        let (oldPAR, newPAR) = (try PARTokenizer(oldKey).par(for: pan), try PARTokenizer(newKey).par(for: pan))
        let done = try PARSnippets.migrate(pan, from: oldKey, to: newKey, stored: isStored ? [oldPAR] : [])
        #expect(done.par == (isStored ? oldPAR : newPAR))
        #expect(done.isOld == isStored)
    }
}
