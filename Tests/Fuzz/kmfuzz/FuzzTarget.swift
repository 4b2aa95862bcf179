import Foundation
import HTTPTypes
import KMJOSE
import KMJSON
import KMPrimitives
import KMSecurity

/// What is fed with garbage.
///
/// A target throws nothing on: it returns, or what it found is a defect and traps.
enum FuzzTarget: String, CaseIterable {
    case json, path, header, jwe, message, fields, token, headers, keys, scan

    /// What takes one input; what is prepared once is prepared here.
    func runner() -> ([UInt8]) -> Void {
        switch self {
        case .json: Self.json
        case .path: { _ = try? JSONPath(String(decoding: $0, as: UTF8.self)) }
        case .header: { _ = try? JWEHeader(parsing: $0) }
        case .jwe: { _ = try? JWECompact(parsing: $0.span) }
        case .message: Self.message()
        case .fields: Self.fields()
        case .token: Self.token
        case .headers: Self.headers
        case .keys: Self.keys
        case .scan: Self.scan
        }
    }

    /// The scanner: no trap, tokens in order and inside the text, and the same judgement as Foundation's parser, where
    /// both read the same language.
    private static func json(_ text: [UInt8]) {
        var scanner = JSONScanner(maximumDepth: 100)
        var end = 0
        let accepted: Bool
        do {
            while try scanner.next(in: text.span) != .end {
                precondition(scanner.range.lowerBound >= end && scanner.range.upperBound <= text.count)
                precondition(!scanner.range.isEmpty)
                end = scanner.range.upperBound
            }
            accepted = true
        } catch {
            accepted = false
        }
        // Foundation takes an empty text's white space, a byte order mark and other encodings; it is asked of plain texts.
        guard accepted else { return }
        let parsed = try? JSONSerialization.jsonObject(with: Data(text), options: .fragmentsAllowed)
        // What Foundation refuses and the grammar takes: numbers beyond a double, and half surrogate pairs.
        let isUnusual = text.contains { $0 == UInt8(ascii: "e") || $0 == UInt8(ascii: "E") || $0 == UInt8(ascii: "\\") }
        precondition(parsed != nil || isUnusual || text.count > 300)
    }

    /// Message level with a key: the body's form, the JWE and its header; nothing opens but what was sealed.
    private static func message() -> ([UInt8]) -> Void {
        let (cipher, id) = prepared()
        return { body in _ = try? cipher.decrypt(body, under: id) }
    }

    /// Field level.
    ///
    /// The input's first byte chooses a selection; the rest is a document, which is opened as it is, and sealed and
    /// opened again, when it must come back byte for byte.
    private static func fields() -> ([UInt8]) -> Void {
        let (cipher, id) = prepared()
        let selections = [
            ["$"], ["$.a"], ["$[*]"], ["$.a.b", "$.c"], ["$.*[*]", "$.x"], ["$[0]", "$[1].a"], ["$['']"],
        ]
        .compactMap { try? FieldSelection($0, requiresMatches: .nowhere) }
        return { input in
            guard let choice = input.first else { return }
            let document = Array(input.dropFirst())
            let selection = selections[Int(choice) % selections.count]
            _ = try? cipher.decrypt(document, fields: selection, under: id)
            guard let sealed = try? cipher.encrypt(document, fields: selection, under: id, at: .distantPast) else {
                return
            }
            do {
                let opened = try cipher.decrypt(sealed, fields: selection, under: id)
                precondition(opened == document)
            } catch {
                preconditionFailure("what was sealed does not open: \(error)")
            }
        }
    }

    private static func prepared() -> (ParameterCipher, CryptoKeyID) {
        do {
            let pair = try RSAPrivateKey.generate()
            let id = try CryptoKeyID.random()
            let key = try CryptoKey(id: id, encryptionKey: pair.publicKey, decryptionKey: pair, issuedAt: .distantPast)
            // With a cache, an execution costs no RSA operation, and the rest is met a hundred times as often.
            let cipher = try ParameterCipher(
                keyring: CryptoKeyring(key),
                limits: ParameterLimits(maximumBodyByteCount: 1 << 24),
                dataKeyCaching: .standard
            )
            return (cipher, id)
        } catch {
            fatalError("the fuzz target cannot be prepared: \(error)")
        }
    }

    private static func token(_ text: [UInt8]) {
        guard let token = try? TranToken(String(decoding: text, as: UTF8.self)) else { return }
        // One spelling: a token that was read writes itself as it was.
        let spellings = WireProfile.all.map { Array(token.text($0).utf8) }
        precondition(spellings.contains(text))
    }

    /// `Name: value` lines as both kinds of headers.
    private static func headers(_ input: [UInt8]) {
        var fields = HTTPFields()
        for line in input.split(separator: UInt8(ascii: "\n")) {
            let parts = line.split(separator: UInt8(ascii: ":"), maxSplits: 1)
            guard parts.count == 2, let name = HTTPField.Name(String(decoding: parts[0], as: UTF8.self)) else {
                continue
            }
            fields.append(HTTPField(name: name, value: String(decoding: parts[1], as: UTF8.self)))
        }
        _ = try? ResponseHeaders(fields)
        guard let headers = try? RequestHeaders(fields) else { return }
        precondition((try? RequestHeaders(headers.httpFields())) != nil)
    }

    /// Every reader of keys and certificates, with and without a passphrase.
    private static func keys(_ input: [UInt8]) {
        _ = try? RSAPublicKey(parsing: input)
        _ = try? RSAPublicKey(jwk: input)
        _ = try? Certificate(parsing: input)
        _ = try? RSAPrivateKey(parsing: input)
        _ = try? RSAPrivateKey(parsing: input, passphrase: SecretBytes(copying: Array("1234".utf8)))
        _ = try? RSAPrivateKey(jwk: input)
        precondition(OpenSSL.errorQueueDepth == 0)
    }

    /// Card numbers: the same findings whole and in parts, in order and inside the text.
    private static func scan(_ input: [UInt8]) {
        guard let size = input.first.map({ Int($0) + 1 }) else { return }
        let text = Array(input.dropFirst())
        let whole = PANScanner.findings(in: text.span)
        var scanner = PANScanner()
        var parts: [PANFinding] = []
        for start in stride(from: 0, to: text.count, by: size) {
            parts += scanner.append(text.span.extracting(start..<min(text.count, start + size)))
        }
        precondition(parts + scanner.finish() == whole)
        var end = 0
        for finding in whole {
            precondition(finding.byteRange.lowerBound >= end && finding.byteRange.upperBound <= text.count)
            end = finding.byteRange.upperBound
        }
    }
}
