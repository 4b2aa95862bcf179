internal import KMJOSE
internal import KMJSON
internal import KMPrimitives

/// Why a text is not an accepted JWE, as far as this is visible without a key.
struct JWEFault {
    let cause: CallCause
    let found: String
    let fix: String?
    /// The position in the text; nil if no byte is at fault.
    let offset: Int?

    private init(_ cause: CallCause, _ found: String, at offset: Int? = nil, fix: String? = nil) {
        self.cause = cause
        self.found = found
        self.fix = fix
        self.offset = offset
    }

    private static let names = ["header", "encrypted key", "IV", "ciphertext", "tag"]

    /// Returns the explanations of the error with which a text was rejected, at least one.
    ///
    /// Algorithms come before sizes: another algorithm has an IV and a tag of other sizes, and they are right for it.
    ///
    /// - Parameters:
    ///   - text: The text that should be a JWE.
    ///   - error: The error.
    ///   - policy: The accepted algorithms and sizes.
    /// - Returns: The faults of `alg` and `enc` if there are any, and otherwise one fault.
    static func all(_ text: [UInt8], _ error: KMError, _ policy: JWEPolicy) -> [JWEFault] {
        let fault = JWEFault(text, error, policy)
        // A header with crit or zip is explained by these, and a text that is no JWE by its form.
        let isReplaced: [CallCause] = [
            .jweAlgorithm, .jweEncryption, .jweKeyEmpty, .jweIVSize, .jweTagInCiphertext, .jweTagExchanged, .jweTagSize,
        ]
        guard isReplaced.contains(fault.cause) else { return [fault] }
        let algorithms = algorithmFaults(text, policy)
        return algorithms.isEmpty ? [fault] : algorithms
    }

    private init(_ text: [UInt8], _ error: KMError, _ policy: JWEPolicy) {
        switch error.code {
        case .malformedJWE: self = Self.form(text, policy)
        case .malformedHeader, .algorithmNotAllowed: self = Self.header(text, error, policy)
        case .keyIDMismatch: self = JWEFault(.jweKeyID, "the header's kid is not X-KM-Crypto-Key-Id")
        default: self = JWEFault(.jweSize, error.detail)
        }
    }

    // MARK: The form

    private static func form(_ text: [UInt8], _ policy: JWEPolicy) -> JWEFault {
        if let space = text.firstIndex(where: { $0 <= 0x20 }) {
            return JWEFault(.jweWhiteSpace, "a line break or a space in the JWE", at: space)
        }
        let parts = text.split(separator: UInt8(ascii: "."), maxSplits: 16, omittingEmptySubsequences: false)
        guard parts.count == 5 else {
            if text.first == UInt8(ascii: "{") {
                return JWEFault(.jweJSON, "a JSON object instead of a compact serialization", at: 0)
            }
            if parts.count == 1, isEncodedJSON(text) {
                return JWEFault(.encDataBase64, "Base64 of unencrypted JSON", at: 0)
            }
            let end = parts.count > 5 ? parts[4].endIndex : text.count
            let count = parts.count > 16 ? "more than 16 parts" : counted(parts.count, "part")
            return JWEFault(.jweParts, "\(count) instead of 5", at: end)
        }
        if parts[0].isEmpty { return JWEFault(.jweParts, "an empty header", at: 0) }
        for (part, name) in zip(parts, names) {
            if let fault = encoding(part, name) { return fault }
        }
        return sizes(text, parts, policy)
    }

    private static func encoding(_ part: ArraySlice<UInt8>, _ name: String) -> JWEFault? {
        if Base64.url.decode(part.span) != nil { return nil }
        let bad = part.firstIndex { !$0.isAlphanumeric && $0 != UInt8(ascii: "-") && $0 != UInt8(ascii: "_") }
        guard let bad else {
            return JWEFault(
                .jweEncoding,
                "\(counted(part.count, "character")) of the \(name), whose last one is not canonical base64url",
                at: max(part.startIndex, part.endIndex - 1)
            )
        }
        switch part[bad] {
        case UInt8(ascii: "="): return JWEFault(.jwePadded, "a pad after the \(name)", at: bad)
        case UInt8(ascii: "+"), UInt8(ascii: "/"):
            return JWEFault(.jweStandardBase64, "a character of the standard alphabet in the \(name)", at: bad)
        default: return JWEFault(.jweEncoding, "a character in the \(name) that base64url does not have", at: bad)
        }
    }

    private static func sizes(_ text: [UInt8], _ parts: [ArraySlice<UInt8>], _ policy: JWEPolicy) -> JWEFault {
        guard let jwe = try? JWECompact(decoding: text.span, policy: policy) else {
            return JWEFault(.jweEncoding, "a part that is not canonical base64url")
        }
        if jwe.encryptedKey.isEmpty { return JWEFault(.jweKeyEmpty, "an empty encrypted key", at: parts[1].startIndex) }
        if jwe.iv.count != AESGCM.ivByteCount {
            return JWEFault(.jweIVSize, "an IV of \(counted(jwe.iv.count, "byte"))", at: parts[2].startIndex)
        }
        let tag = parts[4].startIndex
        if jwe.tag.isEmpty, jwe.ciphertext.count >= AESGCM.tagByteCount {
            return JWEFault(.jweTagInCiphertext, "an empty tag", at: tag)
        }
        if jwe.ciphertext.count == AESGCM.tagByteCount {
            return JWEFault(
                .jweTagExchanged,
                "a ciphertext of 16 bytes and a tag of \(counted(jwe.tag.count, "byte"))",
                at: tag
            )
        }
        return JWEFault(.jweTagSize, "a tag of \(counted(jwe.tag.count, "byte"))", at: tag)
    }

    /// Returns whether a text is Base64, in any form, of a JSON object or array.
    static func isEncodedJSON(_ text: [UInt8]) -> Bool {
        let content = text.filter { $0 != UInt8(ascii: "=") }
        guard let bytes = Base64.url.decode(content.span) ?? Base64.standard.decode(content.span) else { return false }
        return JSONMembers(bytes) != nil
    }

    // MARK: The header

    private static func header(_ text: [UInt8], _ error: KMError, _ policy: JWEPolicy) -> JWEFault {
        guard let jwe = try? JWECompact(decoding: text.span, policy: policy),
            let header = JSONMembers(jwe.headerJSON)
        else { return JWEFault(.jweHeaderNotJSON, "a protected header that is not one JSON object", at: 0) }
        if error.code == .malformedHeader { return JWEFault(.jweHeaderMember, error.detail, at: 0) }
        if header.first("crit") != nil { return JWEFault(.jweCritical, "a header with crit", at: 0) }
        if header.first("zip") != nil { return JWEFault(.jweZip, "a header with zip", at: 0) }
        return algorithmFaults(text, policy).first ?? JWEFault(.jweEncryption, error.detail, at: 0)
    }

    /// The faults of `alg` and `enc`; none if the receiver accepts both, or if they cannot be read.
    private static func algorithmFaults(_ text: [UInt8], _ policy: JWEPolicy) -> [JWEFault] {
        guard let jwe = try? JWECompact(decoding: text.span, policy: policy), let header = JSONMembers(jwe.headerJSON),
            let alg = value("alg", header, jwe.headerJSON), let enc = value("enc", header, jwe.headerJSON)
        else { return [] }
        // The parser names only registered algorithms, because other names are input.
        func fault(_ cause: CallCause, alg: String, enc: String) -> JWEFault? {
            do {
                _ = try JWEHeader(parsing: Self.header(alg, enc), policy: policy)
                return nil
            } catch let error as KMError {
                return JWEFault(cause, error.detail, at: 0)
            } catch {
                return nil
            }
        }
        let accepted = (
            alg: KeyManagementAlgorithm.rsaOAEP256.rawValue, enc: ContentEncryptionAlgorithm.a256GCM.rawValue
        )
        return [
            fault(.jweAlgorithm, alg: alg, enc: accepted.enc), fault(.jweEncryption, alg: accepted.alg, enc: enc),
        ].compactMap(\.self)
    }

    private static func header(_ alg: String, _ enc: String) -> [UInt8] {
        var json = Array("{\"alg\":".utf8)
        JSONString.append(alg, to: &json)
        json += Array(",\"enc\":".utf8)
        JSONString.append(enc, to: &json)
        return json + Array("}".utf8)
    }

    private static func value(_ name: String, _ header: JSONMembers, _ json: [UInt8]) -> String? {
        guard let member = header.first(name), member.token == .string else { return nil }
        return JSONString.string(json.span, member.range)
    }
}
