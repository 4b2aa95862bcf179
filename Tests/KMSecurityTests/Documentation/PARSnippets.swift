import KMSecurity
import KMSecurityTestSupport

/// The Swift blocks of PARDerivation, and the README's about it, exact but for their indentation.
enum PARSnippets {
    static func derive(keyFile: String) throws -> PAR {
        let key = try TokenizationKey(contentsOfFile: keyFile, version: 1)
        let tokenizer = try PARTokenizer(key)
        let par = try tokenizer.par(for: PAN("9491339401250765"))
        return par
    }

    static func readme(keyFile: String, physicalCardNo: String) throws -> PAR {
        let tokenizer = try PARTokenizer(TokenizationKey(contentsOfFile: keyFile))
        let par = try tokenizer.par(for: PAN(physicalCardNo, digitCount: 16))
        return par
    }

    static func migrate(
        _ pan: PAN,
        from oldKey: TokenizationKey,
        to newKey: TokenizationKey,
        stored: Set<PAR>
    ) throws -> (par: PAR, isOld: Bool) {
        let tokenizer = try PARTokenizer(newKey, former: [oldKey])

        // The PAR that the card has already, under whichever key, or the one that it gets now.
        let derivations = try tokenizer.derivations(for: pan)
        let par = derivations.first { stored.contains($0.par) }?.par ?? derivations[0].par

        // For a move: which PARs are of the old key still.
        let isOld = try tokenizer.version(of: par, for: pan) == oldKey.version
        return (par, isOld)
    }
}
