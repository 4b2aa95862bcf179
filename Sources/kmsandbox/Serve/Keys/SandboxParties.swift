#if Sandbox
import Foundation
import KMCards
import KMPrimitives
import KMSecurity

/// The two ends of the sandbox's API: their ids, secrets and live keyrings.
final class SandboxParties: Sendable {
    /// A crypto key of the sandbox.
    struct Key: Sendable {
        let pair: SandboxKeyPair
        var state: CryptoKey.State
    }

    /// The keys, and which of them the client encrypts under.
    struct Keys: Sendable {
        /// The key that a client uses, the keys of a rotation in progress, and at the end the second key of the caller.
        var all: [Key]
        var primaryID: CryptoKeyID
        /// The second key of the caller, which no rotation changes.
        let otherID: CryptoKeyID
        var rotationCount = 0
    }

    let aspID: AspID
    let accessKey: AccessKey
    let secretKey: SecretKey
    /// The bytes of the secret key.
    let secretBytes: SecretBytes
    /// The secret key as text, which is UTF-8.
    let secretText: String
    let timeZone: TimeZoneCode
    let tokenizer: PARTokenizer
    let serverKeyring: LiveKeyring
    let clientKeyring: LiveKeyring
    let credentials: LiveCredentials
    private let keys: Locked<Keys>
    private let seed: SandboxSeed
    private let files: SandboxFiles?

    /// Creates the parties, or reads those of an earlier run.
    ///
    /// - Parameters:
    ///   - seed: The source of ids and secrets.
    ///   - files: The directory with the keys; nil to keep them in memory only.
    ///   - timeZone: The zone of the client's times.
    /// - Throws: ``KMError`` if a file is unreadable or damaged.
    init(seed: SandboxSeed, files: SandboxFiles?, timeZone: TimeZoneCode) throws {
        (self.seed, self.files, self.timeZone) = (seed, files, timeZone)
        aspID = try AspID("000170000000000")
        // Without keys of an earlier run, files with these names are somebody else's. A run that was interrupted at its
        // start can have written the two others.
        if let files, !files.hasKeys {
            try files.checkAbsence(Self.clientFileNames.filter { !["secret", "access-key"].contains($0) })
        }
        accessKey = try AccessKey(Self.line("access-key", files) { try seed.hexadecimal(40, "access key") })
        secretText = try Self.line("secret", files) { try seed.hexadecimal(64, "secret key") }
        secretBytes = try SecretBytes(copying: Array(secretText.utf8))
        secretKey = try SecretKey(secretBytes)
        let tokenizationKey = try Self.line("par-key", files) { try seed.hexadecimal(64, "tokenization key") }
        tokenizer = try PARTokenizer(TokenizationKey(SecretBytes(copying: Array(tokenizationKey.utf8))))
        let pairs = try ["key", "other"].map { name in
            if let pair = try files?.keyPair(name) { return pair }
            let pair = try SandboxKeyPair.make(CryptoKeyID(seed.hexadecimal(32, "\(name) id")), at: .now)
            try files?.write(pair, name)
            return pair
        }
        let keys = Keys(
            all: pairs.map { Key(pair: $0, state: .active) },
            primaryID: pairs[0].id,
            otherID: pairs[1].id
        )
        self.keys = Locked(keys)
        serverKeyring = LiveKeyring(try Self.serverKeyring(keys))
        clientKeyring = LiveKeyring(try Self.clientKeyring(keys))
        credentials = LiveCredentials(StaticCredentials([:]))
        let texts = [
            ("access key", accessKey.text), ("secret key", secretText), ("tokenization key", tokenizationKey),
            ("key id", pairs[0].id.text), ("other id", pairs[1].id.text),
        ]
        seedWarnings = try Self.seedWarnings(seed, texts)
        publish(keys)
        try writeClientFiles(keys)
    }

    /// The keys.
    var currentKeys: Keys { keys.withLock { $0 } }

    /// Takes the next step of a rotation: adds a key, makes it primary, deactivates the old one, discards the old one.
    ///
    /// - Returns: A sentence that says what was done.
    /// - Throws: ``KMError`` `cryptographyUnavailable`, `fileUnwritable`.
    func rotate() throws -> String {
        try keys.withLock { current in
            // On a copy, so that a failed step changes nothing.
            var keys = current
            let done = try step(&keys)
            if keys.primaryID != current.primaryID { try writeClientFiles(keys) }
            let (server, client) = (try Self.serverKeyring(keys), try Self.clientKeyring(keys))
            serverKeyring.update { _ in server }
            clientKeyring.update { _ in client }
            publish(keys)
            current = keys
            return done
        }
    }

    private func step(_ keys: inout Keys) throws -> String {
        let others = keys.all.indices.filter {
            ![keys.primaryID, keys.otherID].contains(keys.all[$0].pair.id)
        }
        if let old = others.first(where: { keys.all[$0].state == .inactive }) {
            keys.all[old].state = .discarded
            return "the key \(keys.all[old].pair.id.text) is discarded: messages under it are rejected"
        }
        guard let index = others.first(where: { keys.all[$0].state == .active }) else {
            keys.all.removeAll { $0.state == .discarded }
            let id = try newID(&keys)
            keys.all.insert(Key(pair: try .make(id, at: .now), state: .active), at: 0)
            return "the key \(id.text) is new and active; clients still use \(keys.primaryID.text)"
        }
        let (pair, primaryID) = (keys.all[index].pair, keys.primaryID)
        guard let primary = keys.all.firstIndex(where: { $0.pair.id == primaryID }) else { return "" }
        // A new key is before the primary one, and becomes it.
        guard index > primary else {
            keys.primaryID = pair.id
            try files?.write(pair, "key")
            return "the key \(pair.id.text) is the primary one; \(primaryID.text) still decrypts"
        }
        keys.all[index].state = .inactive
        return "the key \(pair.id.text) is inactive: it decrypts what is in transit, and encrypts no new message"
    }

    /// Returns an id that no key has; a seed gives the ids of an earlier run again, whose keys can be in the files.
    private func newID(_ keys: inout Keys) throws -> CryptoKeyID {
        while true {
            keys.rotationCount += 1
            let id = try CryptoKeyID(seed.hexadecimal(32, "key id \(keys.rotationCount)"))
            if !keys.all.contains(where: { $0.pair.id == id }) { return id }
        }
    }

    /// Warnings about the parts that a seed does not repeat, because the directory has others of an earlier run.
    ///
    /// The parts of a directory that was made with the same seed are the same.
    let seedWarnings: [String]

    /// The names of the files that the client needs.
    static let clientFileNames = [
        "credentials.json", "server.cert.pem", "client.cert.pem", "client.private.pem", "secret", "access-key",
        "key-id",
        "parameters.json",
    ]

    /// Returns a file that the client needs.
    ///
    /// - Parameter name: One of ``clientFileNames``.
    /// - Returns: The bytes; nil if there is no such file.
    /// - Throws: ``KMError`` `cryptographyUnavailable`.
    func clientFile(_ name: String) throws -> [UInt8]? { try clientFile(name, currentKeys) }

    private func clientFile(_ name: String, _ keys: Keys) throws -> [UInt8]? {
        let pair = try Self.pair(keys.primaryID, keys)
        return switch name {
        case "credentials.json": try credentialsFile(keys).json()
        case "server.cert.pem": try pair.serverCertificate.pemRepresentation()
        case "client.cert.pem": try pair.clientCertificate.pemRepresentation()
        case "client.private.pem":
            try pair.clientKey.insecurePKCS8PEM().withBytes { pem in pem.indices.map { pem[$0] } }
        case "secret": Array(secretText.utf8)
        case "access-key": Array(accessKey.text.utf8)
        case "key-id": Array(pair.id.text.utf8)
        case "parameters.json": try TestData.validJSON()
        default: nil
        }
    }

    /// Writes the client's files into the directory, if there is one.
    ///
    /// The credentials file comes last, so that it never names a key whose other files are missing.
    private func writeClientFiles(_ keys: Keys) throws {
        guard let files else { return }
        for name in Self.clientFileNames.reversed() {
            // The user can have changed the parameters.
            if name == "parameters.json", files.exists(name) { continue }
            if let bytes = try clientFile(name, keys) { try files.write(bytes, name) }
        }
    }

    /// The credentials file of the client.
    ///
    /// - Throws: ``KMError`` `cryptographyUnavailable`.
    func credentialsFile() throws -> CredentialsFile { try credentialsFile(currentKeys) }

    private func credentialsFile(_ keys: Keys) throws -> CredentialsFile {
        let pair = try Self.pair(keys.primaryID, keys)
        let other = try Self.pair(keys.otherID, keys)
        return try CredentialsFile(
            aspID: aspID,
            accessKey: accessKey,
            secretKey: secretBytes,
            key: pair.clientFileKey,
            timeZone: timeZone,
            otherKey: other.clientFileKey,
            parameters: TestData.validJSON()
        )
    }

    /// The secret key and the server's private keys, for test vectors.
    ///
    /// - Throws: ``KMError`` `cryptographyUnavailable`.
    func vectorContext() throws -> VectorContext {
        VectorContext(
            accessKey: accessKey.text,
            aspID: aspID.text,
            secret: secretText,
            keys: try currentKeys.all.filter { $0.state != .discarded }.map { key in
                let pem = try key.pair.serverKey.insecurePKCS8PEM()
                return .init(
                    id: key.pair.id.text,
                    state: key.state.rawValue,
                    privateKey: pem.withBytes { pem in String(decoding: pem.indices.map { pem[$0] }, as: UTF8.self) }
                )
            }
        )
    }

    /// The key pair that the client uses at the moment.
    var primary: SandboxKeyPair? { try? Self.pair(currentKeys.primaryID, currentKeys) }

    /// Warns about texts that are not those of the seed.
    ///
    /// - Parameters:
    ///   - seed: The seed.
    ///   - texts: The label of each text for the seed, and the text.
    /// - Returns: The warnings; empty if all texts are those of the seed.
    /// - Throws: ``KMError`` `cryptographyUnavailable`.
    private static func seedWarnings(_ seed: SandboxSeed, _ texts: [(label: String, text: String)]) throws -> [String] {
        guard seed.seed != nil else { return [] }
        let names = ["tokenization key": "PARs", "key id": "crypto key id", "other id": "second crypto key id"]
        let parts = try texts.filter { try seed.hexadecimal($0.text.utf8.count, $0.label) != $0.text }
            .map { names[$0.label] ?? $0.label }
        guard !parts.isEmpty else { return [] }
        return [
            "--seed does not repeat what --files has from an earlier run: \(parts.joined(separator: ", ")); name an empty "
                + "directory to make all of it from the seed"
        ]
    }

    private static func pair(_ id: CryptoKeyID, _ keys: Keys) throws -> SandboxKeyPair {
        guard let key = keys.all.first(where: { $0.pair.id == id }) else {
            throw KMError(.keyUnknown, "the sandbox has no key \(id.text)")
        }
        return key.pair
    }

    private func publish(_ keys: Keys) {
        let credential = Credential(
            name: "sandbox",
            secretKey: secretKey,
            aspID: aspID,
            cryptoKeyIDs: .only(Set(keys.all.map(\.pair.id)))
        )
        credentials.replace(
            by: StaticCredentials([.accessKey(accessKey): [credential], .callback(aspID): [credential]])
        )
    }

    private static func serverKeyring(_ keys: Keys) throws -> CryptoKeyring {
        try CryptoKeyring(keys.all.map { $0.ringKey { $0.serverSide($1) } }, primary: keys.primaryID)
    }

    private static func clientKeyring(_ keys: Keys) throws -> CryptoKeyring {
        try CryptoKeyring(keys.all.map { $0.ringKey { $0.clientSide($1) } }, primary: keys.primaryID)
    }

    private static func line(_ name: String, _ files: SandboxFiles?, _ make: () throws -> String) throws -> String {
        if let line = try files?.line(name) { return line }
        let line = try make()
        try files?.write(Array(line.utf8), name)
        return line
    }
}

extension SandboxParties.Key {
    fileprivate func ringKey(_ side: (SandboxKeyPair, CryptoKey.State) -> CryptoKey) -> CryptoKey {
        state == .discarded ? CryptoKey(discarded: pair.id, issuedAt: pair.issuedAt) : side(pair, state)
    }
}
#endif
