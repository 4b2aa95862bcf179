internal import Foundation
internal import KMJOSE
internal import KMSecurity

/// A wire profile by its name.
enum ProfileName: String, Decodable {
    case documented, gateway

    var profile: WireProfile { self == .documented ? .documented : .gateway }
}

/// The algorithm of a content by its name, where it is not the profile's own.
enum EncName: String, Decodable {
    case a128GCM = "A128GCM"
    case a256GCM = "A256GCM"

    var encryption: ContentEncryptionAlgorithm { self == .a128GCM ? .a128GCM : .a256GCM }
}

extension Int64 {
    /// The instant of so many milliseconds since 1970.
    var date: Date { Date(timeIntervalSince1970: Double(self) / 1000) }
}
