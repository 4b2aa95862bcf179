internal import Foundation
internal import KMJOSE
internal import KMJSON
package import KMPrimitives
internal import KMWire

/// A keyring file that was opened: its keys, and what seals it and its audit log.
///
/// The file is one JSON object. The member `keyring` is readable. The member `sealed` is AES-256-GCM under the key of
/// ``KeyringProtection``. Its associated data are the bytes of the value of `keyring`, so no byte of them can change.
/// Its plaintext is `KMK1`, the key of the audit log (32 bytes), and for each sealed private key in the order of the
/// keys four bytes with its size (big-endian) and its PKCS #8 DER.
package struct KeyringDocument: Sendable {
    package var file: KeyringFile
    let protection: KeyringProtection
    let logKey: SecretBytes
    /// The end of the audit log that belongs to this generation.
    var log: KeyringLog.End

    /// The number of lines of the audit log.
    package var logLineCount: Int { log.lineCount }
    /// The cost of the key derivation from each passphrase.
    package var cost: ScryptCost { protection.parameters.cost }
    /// The number of custodians, each with a passphrase of their own.
    package var custodianCount: Int { protection.parameters.salts.count }

    /// The largest accepted file, in bytes.
    static let maximumByteCount = 32 << 20
    private static let magic = Array("KMK1".utf8)

    /// Creates the document of a new file.
    ///
    /// - Throws: ``KMError`` `cryptographyUnavailable`.
    package init(_ file: KeyringFile, _ protection: KeyringProtection) throws {
        self.init(file, protection, try SecretBytes(randomCount: 32), .empty)
    }

    private init(
        _ file: KeyringFile,
        _ protection: KeyringProtection,
        _ logKey: SecretBytes,
        _ log: KeyringLog.End
    ) {
        self.file = file
        self.protection = protection
        self.logKey = logKey
        self.log = log
    }

    /// Returns this document sealed under another key, for other passphrases.
    package func with(_ protection: KeyringProtection) -> KeyringDocument {
        KeyringDocument(file, protection, logKey, log)
    }

    // MARK: Encoding

    /// Returns the bytes of the file.
    ///
    /// - Throws: ``KMError`` `cryptographyUnavailable`.
    package func encoded() throws -> [UInt8] {
        let metadata = try metadata()
        let iv = try SecureRandom.bytes(AESGCM.ivByteCount)
        let secrets = try secrets()
        var sealed = iv
        let (ciphertext, tag) = try secrets.withBytes {
            try AESGCM(key: protection.key).seal($0, iv: iv.span, associatedData: metadata.span)
        }
        sealed += ciphertext + tag
        return Array("{\n  \"version\": 1,\n  \"keyring\": ".utf8) + metadata
            + Array(",\n  \"sealed\": \"\(Base64.url.encode(sealed))\"\n}\n".utf8)
    }

    private func metadata() throws -> [UInt8] {
        let parameters = protection.parameters
        var members = [
            ("role", quoted(file.role.rawValue)), ("generation", "\(file.generation)"),
            (
                "scrypt",
                "{\"n\": \(parameters.cost.n), \"r\": \(parameters.cost.r), \"p\": \(parameters.cost.p), \"salts\": "
                    + "[\(parameters.salts.map { quoted(Base64.url.encode($0)) }.joined(separator: ", "))]}"
            ),
            (
                "log",
                "{\"lines\": \(log.lineCount), \"bytes\": \(log.byteCount), \"sha256\": \(quoted(hexadecimal(log.digest)))}"
            ),
            ("soakSeconds", "\(file.soakSeconds)"),
            ("nodes", "[\(file.nodes.map(quoted).joined(separator: ", "))]"),
        ]
        if let id = file.primaryID { members.append(("primary", quoted(id.text))) }
        let keys = try file.keys.map { key in
            var members = [
                ("id", quoted(key.id.text)), ("state", quoted(key.state.rawValue)),
                ("issuedAt", quoted(KeyringTime.text(key.issuedAt))),
                ("changedAt", quoted(KeyringTime.text(key.changedAt))), ("changedIn", "\(key.changedIn)"),
            ]
            if let (state, date) = key.peer {
                members.append(("peer", quoted(state.rawValue)))
                members.append(("peerRecordedAt", quoted(KeyringTime.text(date))))
            }
            if let certificate = key.certificate {
                members.append(("certificate", quoted(Base64.url.encode(try certificate.derRepresentation()))))
            }
            switch key.privateKey {
            case .sealed: members.append(("privateKey", quoted("sealed")))
            case .file(let path): members.append(("privateKeyFile", quoted(path)))
            case .uri(let uri): members.append(("privateKeyURI", quoted(uri)))
            case nil: break
            }
            return "\n      {" + members.map { "\n        \"\($0)\": \($1)" }.joined(separator: ",") + "\n      }"
        }
        members.append(("keys", "[\(keys.joined(separator: ","))\(keys.isEmpty ? "" : "\n    ")]"))
        return Array(("{" + members.map { "\n    \"\($0)\": \($1)" }.joined(separator: ",") + "\n  }").utf8)
    }

    private func secrets() throws -> SecretBytes {
        var buffer = try SecretBuffer(capacity: 8192)
        try buffer.append(copying: Self.magic.span)
        try logKey.withBytes { try buffer.append(copying: $0) }
        for case .sealed(let key)? in file.keys.map(\.privateKey) {
            let der = try key.insecurePKCS8DER()
            for shift in [24, 16, 8, 0] { try buffer.append(UInt8(truncatingIfNeeded: der.count >> shift)) }
            try der.withBytes { try buffer.append(copying: $0) }
        }
        return buffer.finish()
    }

    // MARK: Decoding

    /// Opens a file.
    ///
    /// - Parameters:
    ///   - bytes: The bytes of the file.
    ///   - known: The key of an earlier version of the file, which spares scrypt if the salts are still the same.
    ///   - passphrases: Returns the passphrases.
    /// - Throws: ``KMError`` `keyringFileInvalid`, `malformedJSON` or `limitExceeded` if the file is malformed;
    ///   `passphraseWrong` if a passphrase is wrong or the file was changed; the errors of `passphrases`.
    package init(
        _ bytes: [UInt8],
        known: KeyringProtection? = nil,
        passphrases: () throws -> [SecretBytes]
    ) throws {
        guard bytes.count <= Self.maximumByteCount else {
            throw KMError(.limitExceeded, "a keyring file must be at most \(Self.maximumByteCount) bytes")
        }
        let parsed = try KeyringParser.parse(bytes)
        let protection: KeyringProtection
        if let known, known.parameters == parsed.parameters {
            protection = known
        } else {
            protection = try KeyringProtection(passphrases(), parsed.parameters)
        }
        let (ivEnd, tagStart) = (AESGCM.ivByteCount, parsed.sealed.count - AESGCM.tagByteCount)
        guard tagStart >= ivEnd else { throw KeyringFile.invalid("sealed is too short") }
        let sealed = parsed.sealed
        let plaintext: SecretBytes
        do {
            plaintext = try AESGCM(key: protection.key).openSecret(
                sealed.span.extracting(ivEnd..<tagStart),
                tag: sealed.span.extracting(tagStart...),
                iv: sealed.span.extracting(..<ivEnd),
                associatedData: bytes.span.extracting(parsed.metadataRange)
            )
        } catch let error as KMError where error.code == .authenticationFailed {
            throw KMError(
                .passphraseWrong,
                "the keyring file does not open: a passphrase is wrong"
                    + (parsed.parameters.salts.count > 1 ? ", the two are in the wrong order," : "")
                    + " or the file was changed by hand or damaged"
            )
        }
        var file = parsed.file
        var reader = SecretReader(bytes: plaintext)
        guard try reader.next(4).withBytes({ [UInt8](copying: $0) }) == Self.magic else { throw SecretReader.malformed }
        let logKey = try reader.next(32)
        for index in parsed.sealedKeys {
            file.keys[index].privateKey = .sealed(try RSAPrivateKey(parsing: reader.next(reader.size())))
        }
        guard reader.isAtEnd else { throw SecretReader.malformed }
        try file.check()
        self.init(file, protection, logKey, parsed.log)
    }

    /// Reads the pieces of the plaintext.
    private struct SecretReader {
        let bytes: SecretBytes
        private var position = 0

        init(bytes: SecretBytes) {
            self.bytes = bytes
        }

        static var malformed: KMError { KeyringFile.invalid("the sealed part does not fit the keys") }

        var isAtEnd: Bool { position == bytes.count }

        mutating func next(_ count: Int) throws -> SecretBytes {
            guard count <= bytes.count - position else { throw Self.malformed }
            defer { position += count }
            return try bytes.extracting(position..<position + count)
        }

        mutating func size() throws -> Int {
            try next(4).withBytes { bytes in bytes.indices.reduce(0) { $0 << 8 | Int(bytes[$1]) } }
        }
    }
}

/// Times in keyring files: UTC, whole seconds, such as `2026-11-25T03:00:00Z`.
enum KeyringTime {
    /// - Parameters:
    ///   - date: The time.
    ///   - rule: What becomes of a fraction of a second.
    /// - Returns: The text.
    static func text(_ date: Date, _ rule: FloatingPointRoundingRule = .down) -> String {
        Date(timeIntervalSince1970: date.timeIntervalSince1970.rounded(rule)).formatted(.iso8601)
    }

    /// - Returns: nil for any other form.
    static func date(_ text: String) -> Date? {
        guard let date = try? Date(text, strategy: .iso8601), Self.text(date) == text else { return nil }
        return date
    }
}

/// Returns a text as a JSON string.
func quoted(_ text: String) -> String {
    var output: [UInt8] = []
    JSONString.append(text, to: &output)
    return String(decoding: output, as: UTF8.self)
}
