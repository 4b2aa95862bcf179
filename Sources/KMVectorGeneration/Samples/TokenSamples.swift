internal import KMJOSE
internal import KMPrimitives
internal import KMVectors

/// The value of an X-KM-Tran-Token header.
struct GeneratedToken {
    /// The time in the token, 17 digits.
    var time: String
    var mac: [UInt8]

    init(_ time: String, secret: [UInt8], body: [UInt8]) throws {
        self.time = time
        mac = try HMACSHA256(key: SecretBytes(copying: secret)).authenticate(body).bytes
    }

    func text(isPadded: Bool) -> String {
        "KMV1:\(time):\(Base64.standard.encode(mac))\(isPadded ? "=" : "")"
    }
}

/// Request bodies and secret keys for token tests.
enum TokenSamples {
    /// Returns bodies of many kinds and sizes, with a comment for each.
    static func bodies(_ seeded: SeededBytes) throws -> [(comment: String, body: [UInt8])] {
        let sizes = [1, 55, 56, 63, 64, 65, 600]
        return [
            ("an empty body", []),
            ("a body of 64 zeros", [UInt8](repeating: 0, count: 64)),
            ("a body that ends in a line feed", Array("\(try ParameterSamples.request(seeded))\n".utf8)),
            ("a body with letters beyond ASCII", Array("{\"이름\":\"카드 💳\"}".utf8)),
            ("a body that is not UTF-8", [0xFF, 0xFE, 0xC3, 0x28]),
            ("a body that begins with a byte order mark", Array("\u{FEFF}{}".utf8)),
            ("parameters in full", Array(try ParameterSamples.response(seeded, count: 2).utf8)),
        ] + (try sizes.map { ("\($0) random byte\($0 == 1 ? "" : "s") for a body", try seeded.bytes($0, "\($0)")) })
    }

    /// Returns a secret key of 32 hexadecimal digits.
    static func secret(_ seeded: SeededBytes) throws -> [UInt8] {
        Array(Hex(try seeded.bytes(16, "secret")).text.utf8)
    }
}
