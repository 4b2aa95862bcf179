#if SQLite
import KMPARRegistry
import KMSecurity

/// The Swift blocks of PARRegistry.md, exact but for their indentation.
enum RegistrySnippets {
    static func use(folder: String, pan: PAN) async throws -> PAR {
        var configuration = PARRegistry.Configuration(
            lookupKeys: [try PANLookupKey(contentsOfFile: "\(folder)/lookup-1")],
            assignment: .derived(try PARTokenizer(TokenizationKey(contentsOfFile: "\(folder)/tokenization")))
        )
        configuration.sealingKeys = [try PANSealingKey(contentsOfFile: "\(folder)/sealing-1")]
        let registry = try await PARRegistry(SQLitePARStore(path: "\(folder)/cards.db"), configuration)
        let par = try await registry.par(for: pan)
        return par
    }
}
#endif
