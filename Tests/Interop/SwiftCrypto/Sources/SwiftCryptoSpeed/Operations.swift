import Crypto
import Foundation
import _CryptoExtras

/// A message or a token that is rejected.
struct Rejected: Error {}

/// The member of a protected body.
struct Body: Codable {
    let encData: String
}

/// The protected header.
struct Header: Codable, Equatable {
    let alg: String
    let enc: String
    let kid: String
}

/// The operations of `kmsec speed`, with swift-crypto.
struct Operations {
    private let publicKey: _RSA.Encryption.PublicKey
    private let privateKey: _RSA.Encryption.PrivateKey
    private let secret: SymmetricKey
    private let parameters: Data
    private let body: Data
    private let header: Header
    private let time: String
    private let clock: Int

    /// Reads the inputs.
    ///
    /// - Parameter folder: The path of the folder with the inputs.
    /// - Throws: The errors of Foundation and swift-crypto.
    init(folder: String) throws {
        func data(_ name: String) throws -> Data { try Data(contentsOf: URL(filePath: "\(folder)/\(name)")) }
        func text(_ name: String) throws -> String { String(decoding: try data(name), as: UTF8.self) }
        publicKey = try _RSA.Encryption.PublicKey(pemRepresentation: text("public.pem"))
        privateKey = try _RSA.Encryption.PrivateKey(pemRepresentation: text("private.pem"))
        secret = SymmetricKey(data: try data("secret"))
        (parameters, body, time) = (try data("parameters"), try data("body"), try text("time"))
        header = Header(alg: "RSA-OAEP-256", enc: "A256GCM", kid: try text("key-id"))
        guard let clock = Int(try text("clock")) else { throw Rejected() }
        self.clock = clock
    }

    func encrypt() throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        let protectedHeader = Self.encode(try encoder.encode(header))
        let key = SymmetricKey(size: .bits256)
        let sealed = try AES.GCM.seal(parameters, using: key, authenticating: Data(protectedHeader.utf8))
        let wrapped = try key.withUnsafeBytes { try publicKey.encrypt(Data($0), padding: .PKCS1_OAEP_SHA256) }
        let parts = [wrapped, Data(sealed.nonce), sealed.ciphertext, sealed.tag].map(Self.encode)
        let message = Body(encData: ([protectedHeader] + parts).joined(separator: "."))
        return String(decoding: try encoder.encode(message), as: UTF8.self)
    }

    func decrypt(_ text: String) throws -> Data {
        let message = try JSONDecoder().decode(Body.self, from: Data(text.utf8)).encData
        let texts = message.split(separator: ".", omittingEmptySubsequences: false)
        guard texts.count == 5 else { throw Rejected() }
        let parts = try texts.map(Self.decode)
        guard try JSONDecoder().decode(Header.self, from: parts[0]) == header else { throw Rejected() }
        let key = try privateKey.decrypt(parts[1], padding: .PKCS1_OAEP_SHA256)
        guard key.count == 32, parts[2].count == 12 else { throw Rejected() }
        let sealed = try AES.GCM.SealedBox(
            nonce: AES.GCM.Nonce(data: parts[2]),
            ciphertext: parts[3],
            tag: parts[4]
        )
        return try AES.GCM.open(sealed, using: SymmetricKey(data: key), authenticating: Data(texts[0].utf8))
    }

    func sign() -> String {
        let mac = Data(HMAC<SHA256>.authenticationCode(for: body, using: secret))
        return "KMV1:\(time):\(mac.base64EncodedString(options: .omitPaddingCharacter))"
    }

    func isValid(_ token: String) -> Bool {
        guard token.utf8.count == 66, token.hasPrefix("KMV1:"),
            let milliseconds = TokenTime.milliseconds(token.utf8.dropFirst(5).prefix(17)),
            token.utf8.dropFirst(22).first == UInt8(ascii: ":"),
            let mac = Data(base64Encoded: token.suffix(43) + "=")
        else { return false }
        return HMAC<SHA256>.isValidAuthenticationCode(mac, authenticating: body, using: secret)
            && abs(milliseconds - clock) <= 300_000
    }

    private static func encode(_ data: Data) -> String {
        data.base64EncodedString(options: [.base64URLAlphabet, .omitPaddingCharacter])
    }

    /// Decodes Base64url.
    ///
    /// Foundation decodes only the standard alphabet, with its pad.
    private static func decode(_ text: Substring) throws -> Data {
        var bytes = Data(text.utf8)
        for index in bytes.indices {
            switch bytes[index] {
            case UInt8(ascii: "-"): bytes[index] = UInt8(ascii: "+")
            case UInt8(ascii: "_"): bytes[index] = UInt8(ascii: "/")
            default: break
            }
        }
        while !bytes.count.isMultiple(of: 4) { bytes.append(UInt8(ascii: "=")) }
        guard let data = Data(base64Encoded: bytes) else { throw Rejected() }
        return data
    }
}
