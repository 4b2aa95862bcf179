import Foundation
import HTTPTypes
import KMJOSE
import KMJSON
import KMPrimitives
import KMRedis
import KMSecurity
import KMTestSupport
import KMVectors

/// A part of the package that the fuzzer calls with arbitrary input.
///
/// A target never throws. It returns, or it traps because it found a defect.
enum FuzzTarget: String, CaseIterable {
    case json, path, header, jwe, message, fields, token, headers, keys, keyfiles, keyring, pan, resp, scan, vectors,
        call

    /// Prepares the target, and returns the function that runs one input.
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
        case .keyring: Keyrings.prepared().run
        case .pan: Cards.prepared().run
        case .resp: Self.resp
        case .vectors: { _ = VectorRunner().run($0, as: "input") }
        case .scan: ScannedTexts.run
        case .call: Calls.prepared().run
        }
    }

    /// Scans JSON; tokens must be in order and inside the text.
    ///
    /// Foundation's parser must accept what the scanner accepts, except for the differences named below.
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
        // Foundation also accepts a byte order mark and other encodings, so rejected texts are not compared.
        guard accepted else { return }
        let parsed = try? JSONSerialization.jsonObject(with: Data(text), options: .fragmentsAllowed)
        // The grammar allows numbers beyond the range of a double and lone surrogates, which Foundation rejects.
        let isUnusual = text.contains { $0 == UInt8(ascii: "e") || $0 == UInt8(ascii: "E") || $0 == UInt8(ascii: "\\") }
        precondition(parsed != nil || isUnusual || text.count > 300)
    }

    /// Parses a path, which the package and the reference must both accept or both reject.
    private static func path(_ input: [UInt8]) {
        let text = String(decoding: input, as: UTF8.self)
        precondition(((try? JSONPath(text)) == nil) == ((try? ReferencePath(text)) == nil))
    }

    /// Parses lines of `Name: value` as request headers and as response headers.
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

    /// Decodes answers of Redis, cut in different places: the first byte is the size of the pieces.
    private static func resp(_ input: [UInt8]) {
        guard let size = input.first else { return }
        let stream = input.dropFirst()
        let whole = decode(stream, pieceSize: max(1, stream.count))
        precondition(whole == decode(stream, pieceSize: 1 + Int(size)))
        precondition(whole == decode(stream, pieceSize: 1))
    }

    private static func decode(_ stream: ArraySlice<UInt8>, pieceSize: Int) -> [RESPValue?] {
        var limits = RESPDecoder.Limits()
        (limits.byteCount, limits.elementCount, limits.depth) = (256, 16, 4)
        var decoder = RESPDecoder(limits: limits)
        var values: [RESPValue?] = []
        var rest = stream
        while !rest.isEmpty {
            decoder.append(rest.prefix(pieceSize))
            rest = rest.dropFirst(pieceSize)
            do {
                while let value = try decoder.next() { values.append(value) }
            } catch {
                // nil marks the point at which malformed bytes end the stream.
                return values + [nil]
            }
        }
        return values
    }

    /// Calls every reader of keys and certificates, with and without a passphrase.
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
