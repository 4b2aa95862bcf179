#if SQLite
import Foundation
import KMPARRegistry
import KMPrimitives
import KMSecurity
import Testing

@Suite("The article's code")
struct RegistrySnippetTests {
    @Test("The registry of key files assigns the derived PAR, and keeps it")
    func use() async throws {
        let store = try TestStore(.sqlite)
        for name in ["lookup-1", "tokenization", "sealing-1"] {
            let digits = hexadecimal(try SecureRandom.bytes(32))
            try Data("\(digits)\n".utf8).write(to: URL(filePath: "\(store.folder)/\(name)"))
        }
        let lookup = try PANLookupKey(contentsOfFile: "\(store.folder)/lookup-1")
        let path = "\(store.folder)/cards.db"
        let created = try await PARRegistry(
            SQLitePARStore(path: path, creates: true),
            PARRegistry.Configuration(lookupKeys: [lookup], assignment: .random(.platform)),
            creates: true
        )
        let pan = try PAN("9999000000000004")
        let tokenizer = try PARTokenizer(TokenizationKey(contentsOfFile: "\(store.folder)/tokenization"))
        #expect(try await RegistrySnippets.use(folder: store.folder, pan: pan) == tokenizer.par(for: pan))
        #expect(try await created.existingPAR(for: pan) == tokenizer.par(for: pan))
    }
}
#endif
