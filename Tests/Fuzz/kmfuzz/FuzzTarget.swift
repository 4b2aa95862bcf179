import Foundation
import HTTPTypes
import KMJOSE
import KMJSON
import KMPrimitives
import KMSecurity
import KMTestSupport
import KMVectors

/// What is fed with garbage.
///
/// A target throws nothing on: it returns, or what it found is a defect and traps.
enum FuzzTarget: String, CaseIterable {
    case json, path, header, jwe, message, fields, token, headers, keys, keyfiles, pan, scan, vectors

    /// What takes one input; what is prepared once is prepared here.
    func runner() -> ([UInt8]) -> Void {
        switch self {
        case .json: Self.json
        case .path: Self.path
        case .header: { _ = try? JWEHeader(parsing: $0) }
        case .jwe: { _ = try? JWECompact(parsing: $0.span) }
        case .message: Bodies.prepared().message
        case .fields: Bodies.prepared().fields
        case .token: Tokens.prepared().run
        case .headers: Self.headers
        case .keys: Self.keys
        case .keyfiles: StructuredKeys.prepared().run
        case .pan: Cards.prepared().run
        case .vectors: { _ = VectorRunner().run($0, as: "input") }
        case .scan: ScannedTexts.run
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

    /// Paths, with the reference's judgement of them.
    private static func path(_ input: [UInt8]) {
        let text = String(decoding: input, as: UTF8.self)
        precondition(((try? JSONPath(text)) == nil) == ((try? ReferencePath(text)) == nil))
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
        precondition(OpenSSL.drainErrorQueue() == 0)
    }
}
