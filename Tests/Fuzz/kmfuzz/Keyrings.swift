import Foundation
import KMPrimitives
import KMSecurity
import KMTestSupport

/// Reads keyring files, censuses and lines of audit logs, and asks the guards of a rotation about censuses.
///
/// The first byte of the input selects the parser.
struct Keyrings {
    private let file: KeyringFile
    private let logKey: SecretBytes
    private let date = Date(timeIntervalSince1970: 1_795_000_000)

    static func prepared() -> Keyrings {
        do {
            return try Keyrings()
        } catch {
            fatalError("the fuzz target cannot be prepared: \(error)")
        }
    }

    private init() throws {
        logKey = try SecretBytes(copying: [UInt8](repeating: 7, count: 32))
        file = try Self.file(at: date)
    }

    private static func file(at date: Date) throws -> KeyringFile {
        var file = try KeyringFile(role: .provider, nodes: ["a", "b"])
        for digit in ["1", "2"] {
            _ = try file.add(
                CryptoKeyID(String(repeating: digit, count: 32)),
                certificate: Certificate.selfSigned(TestKeys.second(), commonName: "x", validity: date...date + 9),
                privateKey: .sealed(TestKeys.first()),
                issuedAt: date,
                at: date
            )
            _ = try file.promote(CryptoKeyID(String(repeating: digit, count: 32)), at: date)
        }
        let first = file.keys[0].id
        _ = try file.deactivate(first, isSuspension: false, callbacksMoveTo: file.keys[1].id, at: date)
        _ = try file.record(.stopped, of: first, at: date)
        return file
    }

    func run(_ input: [UInt8]) {
        guard let selector = input.first else { return }
        let bytes = Array(input.dropFirst())
        switch selector % 3 {
        case 0: _ = try? KeyringDocument(bytes) { throw KMError(.passphraseRequired) }
        case 1:
            ask(bytes)
            // The same census with the correct MAC, which a fuzzer cannot find.
            if let sealed = try? CensusFile.sealed(bytes, logKey) { ask(sealed) }
        default:
            let end = KeyringLog.End(lineCount: 1, byteCount: bytes.count, digest: [UInt8](repeating: 0, count: 32))
            precondition((try? KeyringLog.verify(bytes, end, key: logKey)) == nil)
        }
    }

    private func ask(_ census: [UInt8]) {
        let input = FleetCensus.Input(source: "keyring.json.a.census", bytes: census)
        let fleet = FleetCensus(
            [input],
            nodes: file.nodes,
            generation: file.generation,
            seen: ["b": 5],
            logKey,
            at: date
        )
        // Node b has no census, so nothing can be discarded.
        precondition(!RotationGuards(file, fleet).blockers(of: .discard(file.keys[0].id)).isEmpty)
        _ = RotationPlan(file, fleet)
    }

    /// A keyring file, the value of a census, and a line of a log.
    static func seeds() throws -> [[UInt8]] {
        let file = try file(at: Date(timeIntervalSince1970: 1_795_000_000))
        let protection = try KeyringProtection(
            [SecretBytes(copying: [1])],
            cost: ScryptCost(n: 1024, r: 8, p: 1)
        )
        let census = """
            {"node": "a", "sequence": 7, "since": "2026-11-18T11:06:40Z", "writtenAt": "2026-11-18T11:06:40Z",
            "hasEnded": false, "loads": [{"generation": 6, "at": "2026-11-18T11:06:40Z"}], "uses": [{"key":
            "\(file.keys[0].id)", "direction": "opened-request", "peer": "x", "accepted": 1, "rejected": 0,
            "first": "2026-11-18T11:06:40Z", "last": "2026-11-18T11:06:40Z"}]}
            """
        let line = """
            {"line": 1, "generation": 1, "time": "2026-11-18T11:06:40Z", "by": "x", "action": "init", "previous":
            "\(String(repeating: "0", count: 64))", "mac": "\(String(repeating: "0", count: 64))"}
            """.replacing("\n", with: " ") + "\n"
        return [
            try [0] + KeyringDocument(file, protection).encoded(), [1] + Array(census.utf8), [2] + Array(line.utf8),
        ]
    }
}
