public import KMJOSE

/// Which of the wire's two dialects a sender speaks.
///
/// A receiver takes both.
///
/// The platform's API page and its guide and sandbox disagree in two places.
public struct WireProfile: Sendable, Hashable {
    /// The profile's name, as options and files have it.
    public let name: String
    /// Whether the token's MAC carries its Base64 pad: 67 characters instead of 66.
    let padsToken: Bool
    /// Whether a JWE's protected header names the key (`kid`).
    package let namesKey: Bool
    /// The `enc` of a JWE.
    package let encryption: ContentEncryptionAlgorithm

    /// As the API page says: tokens of 66 characters; A256GCM, and the crypto key id as `kid`.
    public static let documented = WireProfile(
        name: "documented",
        padsToken: false,
        namesKey: true,
        encryption: .a256GCM
    )

    /// As the guide's samples and the sandbox: tokens of 67 characters; A128GCM, and no `kid`.
    public static let gateway = WireProfile(
        name: "gateway",
        padsToken: true,
        namesKey: false,
        encryption: .a128GCM
    )

    /// Both.
    public static let all = [documented, gateway]

    /// This profile with another `enc`.
    public func with(encryption: ContentEncryptionAlgorithm) -> WireProfile {
        WireProfile(name: name, padsToken: padsToken, namesKey: namesKey, encryption: encryption)
    }

    private init(name: String, padsToken: Bool, namesKey: Bool, encryption: ContentEncryptionAlgorithm) {
        self.name = name
        self.padsToken = padsToken
        self.namesKey = namesKey
        self.encryption = encryption
    }
}
