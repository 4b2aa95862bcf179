internal import KMPrimitives

/// The operation `hmac-sha256`: verifies the MAC of a message under a key.
struct HMACVectors: VectorOperation {
    static let name = "hmac-sha256"

    struct Input: MemberSet {
        let key, message, mac: Hex

        enum CodingKeys: CodingKey, CaseIterable {
            case key, message, mac
        }
    }

    init(_ shared: NoMembers) {}

    func entryPoints(_ input: Input, _ expectation: Expectation<NoMembers>) -> [EntryPoint] {
        func prepared() throws -> (hmac: HMACSHA256, mac: HMACSHA256.MAC) {
            let hmac = try HMACSHA256(key: SecretBytes(copying: input.key.bytes))
            guard let mac = HMACSHA256.MAC(input.mac.bytes.span) else { throw KMError(.invalidSize) }
            return (hmac, mac)
        }
        return [
            EntryPoint("authenticate") {
                let made = try prepared().hmac.authenticate(input.message.bytes)
                // Compare byte by byte, independently of the comparison in isValid.
                let isSame = made.withBytes { made in made.indices.allSatisfy { made[$0] == input.mac.bytes[$0] } }
                guard isSame else { throw KMError(.authenticationFailed) }
            },
            EntryPoint("isValid") {
                let (hmac, mac) = try prepared()
                guard try hmac.isValid(mac, for: input.message.bytes.span) else { throw KMError(.authenticationFailed) }
            },
        ]
    }
}
