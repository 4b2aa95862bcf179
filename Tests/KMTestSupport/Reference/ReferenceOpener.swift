package import KMPrimitives

/// Opens bodies at message and field level by the rules of `message-decrypt` and `field-decrypt`.
package final class ReferenceOpener {
    package struct Key {
        package let id: String
        package let isDiscarded: Bool
        package let privateKey: RSAPrivateKey

        package init(id: String, isDiscarded: Bool = false, privateKey: RSAPrivateKey) {
            self.id = id
            self.isDiscarded = isDiscarded
            self.privateKey = privateKey
        }
    }

    private let keys: [Key]
    /// The content encryption keys (CEKs) by key id, size and encrypted key; changed copies of a message share a CEK.
    private var contentKeys: [[[UInt8]]: [UInt8]] = [:]

    package init(_ keys: [Key]) {
        self.keys = keys
    }

    /// Returns the parameters of a body at message level.
    ///
    /// - Throws: ``ReferenceRejection`` with the error code of the vectors.
    package func message(_ body: [UInt8], under id: String) throws -> [UInt8] {
        guard body.count <= 1 << 20 else { throw ReferenceRejection("limitExceeded") }
        let key = try key(id)
        guard case .object(let members) = try ReferenceJSON(body).content,
            members.contains(where: { $0.name == Array("encData".utf16) })
        else { throw ReferenceRejection("protectionRequired") }
        guard members.count == 1, let text = members[0].value.text else { throw ReferenceRejection("malformedBody") }
        let message = try ReferenceJWE(Self.bytes(text), keyID: id)
        guard message["path"] == nil else { throw ReferenceRejection("fieldMismatch") }
        let plaintext = try message.plaintext(under: contentKey(of: message, key))
        _ = try ReferenceJSON(plaintext)
        return plaintext
    }

    /// Returns the parameters of a body at field level.
    ///
    /// - Throws: ``ReferenceRejection`` with the error code of the vectors.
    package func fields(
        _ body: [UInt8],
        paths: [String],
        presence requirement: ReferenceRequirement,
        under id: String,
        correlationID: String? = nil
    ) throws -> [UInt8] {
        guard body.count <= 1 << 20 else { throw ReferenceRejection("limitExceeded") }
        let key = try key(id)
        if let correlationID { try Self.checkCorrelationID(Array(correlationID.utf8)) }
        let matches = try ReferenceMatches(paths, requirement, in: body).matches
        var fields: [ReferenceJWE] = []
        for match in matches {
            guard let text = match.value.text, text.contains(0x2E) else {
                throw ReferenceRejection("protectionRequired")
            }
            let field = try ReferenceJWE(Self.bytes(text), keyID: id)
            let first = fields.first ?? field
            guard field["cty"] == Array("json".utf16), let path = match.path, field["path"] == Array(path.utf16),
                correlationID == nil || field["cid"] == correlationID.map({ Array($0.utf16) }),
                field.encryptedKey == first.encryptedKey, field["enc"] == first["enc"]
            else { throw ReferenceRejection("fieldMismatch") }
            fields.append(field)
        }
        let plaintexts = try fields.map { try $0.plaintext(under: contentKey(of: $0, key)) }
        var parameters = body
        for (match, plaintext) in zip(matches, plaintexts).reversed() {
            let value = try ReferenceJSON(plaintext, maximumDepth: 64 - match.depth)
            guard value.range == plaintext.indices else { throw ReferenceRejection("malformedJSON") }
            parameters.replaceSubrange(match.value.range, with: plaintext)
        }
        return parameters
    }

    private static func checkCorrelationID(_ text: [UInt8]) throws {
        let isHexadecimal = { (byte: UInt8) in "0123456789abcdefABCDEF".utf8.contains(byte) }
        guard text.count == 20, text[12] == UInt8(ascii: "-"), text[13...].allSatisfy(isHexadecimal),
            ReferenceToken.milliseconds(Array("20".utf8) + text[..<12] + Array("000".utf8)) != nil
        else { throw ReferenceRejection("headerInvalid") }
    }

    private func key(_ id: String) throws -> Key {
        let isKeyCharacter = { (byte: UInt8) in ReferenceBase64.url.rawValue.utf8.contains(byte) }
        guard id.utf8.count == 32, id.utf8.allSatisfy(isKeyCharacter) else { throw ReferenceRejection("headerInvalid") }
        guard let key = keys.first(where: { Array($0.id.utf8) == Array(id.utf8) }) else {
            throw ReferenceRejection("keyUnknown")
        }
        guard !key.isDiscarded else { throw ReferenceRejection("keyNotActive") }
        return key
    }

    private func contentKey(of message: ReferenceJWE, _ key: Key) throws -> [UInt8] {
        let name = [Array(key.id.utf8), [UInt8(message.keyByteCount)], message.encryptedKey]
        if let known = contentKeys[name] { return known }
        let contentKey = try message.contentKey(with: key.privateKey)
        if contentKeys.count == 1000 { contentKeys = [:] }
        contentKeys[name] = contentKey
        return contentKey
    }

    /// Returns a text in UTF-8; a lone surrogate becomes a character that no JWE has.
    private static func bytes(_ text: [UInt16]) -> [UInt8] { Array(String(decoding: text, as: UTF16.self).utf8) }
}
