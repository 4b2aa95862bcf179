internal import KMJOSE
internal import KMJSON
internal import KMPrimitives

/// Finds out why a JWE does not decrypt, by trying the mistakes that senders make.
///
/// The number of trials has a limit: 8 keys, 6 paddings, and a few ways to put the parts together.
struct DecryptionTrials {
    /// A private key to try.
    struct Key {
        /// What the key is, such as `the client's own key`; nil for the key that the message names.
        let name: String?
        let key: RSAPrivateKey
        /// Whether it is a key of the receiver's keyring other than the named one.
        var isOfReceiver = false
    }

    /// What the trials found.
    struct Result {
        let faults: [Fault]
        /// The plaintext, if a trial decrypted it.
        let plaintext: [UInt8]?
    }

    let parts: JWECompact
    let header: JWEHeader
    /// The keys, the named one first.
    let keys: [Key]
    /// Whether the message names a key that the receiver has.
    let isKeyNamed: Bool

    private static let maximumKeyCount = 8

    /// Tries all mistakes.
    func run() -> Result {
        let keys = keys.prefix(Self.maximumKeyCount).filter { $0.key.byteCount == parts.encryptedKey.count }
        for key in keys {
            guard let secret = try? key.key.decryptOAEP(parts.encryptedKey.span, hash: .sha256) else { continue }
            return result(of: key, nil, secret, content(under: secret))
        }
        for key in keys {
            for padding in RSAPrivateKey.MistakenPadding.allCases {
                let decrypted = try? key.key.diagnosticDecrypt(parts.encryptedKey.span, padding: padding)
                guard let secret = decrypted.flatMap({ $0 }) else { continue }
                let content = content(under: secret)
                // One in some ten thousand random texts has this padding by chance.
                if padding == .pkcs1v15, content.plaintext == nil, ![16, 32].contains(secret.count) { continue }
                return result(of: key, padding, secret, content)
            }
        }
        let sizes = Set(self.keys.map(\.key.byteCount))
        let found =
            sizes.contains(parts.encryptedKey.count) || sizes.isEmpty
            ? "an encrypted key that none of \(counted(keys.count, "known private key")) decrypts"
            : "an encrypted key of \(parts.encryptedKey.count) bytes, which is no size of a known key"
        return Result(faults: [Fault(.authenticationFailed, found, .unknownKey)], plaintext: nil)
    }

    private func result(
        of key: Key,
        _ padding: RSAPrivateKey.MistakenPadding?,
        _ secret: SecretBytes,
        _ content: Content
    ) -> Result {
        var faults: [Fault] = []
        func add(_ found: String, _ cause: CallCause, fix: String? = nil) {
            faults.append(Fault(.authenticationFailed, found, cause, fix: fix))
        }
        if let name = key.name {
            if key.isOfReceiver, !isKeyNamed {
                add("a message encrypted under \(name), which the header does not name", .unnamedKey)
            } else {
                add("a message to another key: \(name)", .otherKey)
            }
        }
        if let padding { add("a content key in \(padding.text)", padding.cause) }
        if content.isText { add("a content key as text", .keyText) }
        if content.hasWrongSize {
            add("a content key of \(counted(secret.count, "byte")) for \(header.encryption.rawValue)", .keySize)
        }
        if let cause = content.cause { add(cause.text, cause.cause) }
        if content.plaintext == nil, !content.hasWrongSize {
            add("a content key that decrypts, and a tag that does not verify", .messageChanged)
        }
        return Result(faults: faults, plaintext: content.plaintext)
    }

    // MARK: The content

    private struct Content {
        var isText = false
        var hasWrongSize = false
        var cause: (cause: CallCause, text: String)?
        var plaintext: [UInt8]?
    }

    private func content(under secret: SecretBytes) -> Content {
        var content = Content()
        var key = secret
        if secret.count != header.encryption.keyByteCount {
            if let decoded = decoded(secret) {
                content.isText = true
                key = decoded
            } else {
                content.hasWrongSize = true
            }
        }
        guard let cipher = try? AESGCM(key: key) else { return content }
        for trial in trials() {
            let plaintext = try? cipher.open(
                trial.ciphertext.span,
                tag: trial.tag.span,
                iv: parts.iv.span,
                associatedData: trial.associatedData.span
            )
            guard let plaintext else { continue }
            content.cause = trial.cause
            content.plaintext = plaintext
            return content
        }
        return content
    }

    /// A content key that was encrypted as text.
    private func decoded(_ secret: SecretBytes) -> SecretBytes? {
        let text = secret.withBytes { bytes in bytes.indices.map { bytes[$0] } }
        let content = text.filter { $0 != UInt8(ascii: "=") }
        let forms = [
            TokenForm.bytes(ofHexadecimal: text), Base64.standard.decode(content.span), Base64.url.decode(content.span),
        ]
        let bytes = forms.lazy.compactMap { $0 }.first { $0.count == header.encryption.keyByteCount }
        return bytes.flatMap { try? SecretBytes(copying: $0) }
    }

    private struct Trial {
        let cause: (cause: CallCause, text: String)?
        let associatedData: [UInt8]
        let ciphertext: [UInt8]
        let tag: [UInt8]
    }

    private func trials() -> [Trial] {
        func trial(_ cause: CallCause, _ text: String, _ data: [UInt8]) -> Trial {
            Trial(cause: (cause, text), associatedData: data, ciphertext: parts.ciphertext, tag: parts.tag)
        }
        var trials = [
            Trial(cause: nil, associatedData: parts.encodedHeader, ciphertext: parts.ciphertext, tag: parts.tag),
            trial(.additionalDataMissing, "a tag without additional data", []),
            trial(.additionalDataDecoded, "a tag over the decoded header", parts.headerJSON),
        ]
        trials += otherHeaders().map { trial(.additionalDataOther, "a tag over another text of the header", $0) }
        let all = parts.tag + parts.ciphertext
        let split = all.count - parts.tag.count
        trials.append(
            Trial(
                cause: (.tagFirst, "the first 16 bytes of the output as the tag"),
                associatedData: parts.encodedHeader,
                ciphertext: Array(all[..<split]),
                tag: Array(all[split...])
            )
        )
        if parts.ciphertext.starts(with: parts.iv) {
            trials.append(
                Trial(
                    cause: (.ivInCiphertext, "the IV before the ciphertext"),
                    associatedData: parts.encodedHeader,
                    ciphertext: Array(parts.ciphertext.dropFirst(parts.iv.count)),
                    tag: parts.tag
                )
            )
        }
        return trials
    }

    /// Other texts of the same header that a sender may pass as additional data.
    private func otherHeaders() -> [[UInt8]] {
        let (alg, enc) = ("\"alg\":\"\(header.algorithm.rawValue)\"", "\"enc\":\"\(header.encryption.rawValue)\"")
        var texts = ["{\(alg),\(enc)}", "{\(enc),\(alg)}"]
        if let keyID = header.keyID, keyID.utf8.allSatisfy({ $0.isAlphanumeric || $0 == UInt8(ascii: "-") }) {
            let kid = "\"kid\":\"\(keyID)\""
            texts += [
                "{\(kid),\(alg),\(enc)}", "{\(kid),\(enc),\(alg)}", "{\(alg),\(kid),\(enc)}", "{\(enc),\(kid),\(alg)}",
            ]
            texts += ["{\(alg),\(enc),\(kid)}", "{\(enc),\(alg),\(kid)}"]
        }
        var headers = texts.map { Array($0.utf8) }
        for layout in [JSONLayout(separator: ",", colon: ":"), JSONLayout(separator: ", ", colon: ": ")] {
            if let text = try? layout.apply(parts.headerJSON) { headers.append(text) }
        }
        if let sorted = try? JSONSorting.apply(parts.headerJSON) { headers.append(sorted) }
        var encoded = headers.map { Array(Base64.url.encode($0).utf8) }
        let pad = [UInt8](repeating: UInt8(ascii: "="), count: (4 - parts.encodedHeader.count % 4) % 4)
        encoded.append(parts.encodedHeader + pad)
        encoded.append(Array(Base64.standard.encode(parts.headerJSON).utf8) + pad)
        return encoded.filter { $0 != parts.encodedHeader }
    }
}

extension RSAPrivateKey.MistakenPadding {
    fileprivate var text: String {
        switch self {
        case .oaepSHA1: "OAEP with SHA-1"
        case .oaepSHA256WithMGF1SHA1: "OAEP with SHA-256 and MGF1 with SHA-1"
        case .oaepSHA384: "OAEP with SHA-384"
        case .oaepSHA512: "OAEP with SHA-512"
        case .pkcs1v15: "PKCS #1 v1.5"
        }
    }

    fileprivate var cause: CallCause {
        switch self {
        case .oaepSHA1: .oaepSHA1
        case .oaepSHA256WithMGF1SHA1: .oaepMGF1SHA1
        case .oaepSHA384, .oaepSHA512: .oaepOtherHash
        case .pkcs1v15: .pkcs1
        }
    }
}
