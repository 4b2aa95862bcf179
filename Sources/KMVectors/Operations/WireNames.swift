internal import Foundation
internal import KMJOSE
internal import KMSecurity

/// The name of a wire profile in files.
enum ProfileName: String, Decodable {
    case documented, gateway

    var profile: WireProfile { self == .documented ? .documented : .gateway }
}

/// The name of a content encryption algorithm in files.
enum EncName: String, Decodable {
    case a128GCM = "A128GCM"
    case a256GCM = "A256GCM"

    var encryption: ContentEncryptionAlgorithm { self == .a128GCM ? .a128GCM : .a256GCM }
}

extension Int64 {
    /// The date that is this number of milliseconds after 1970-01-01T00:00:00Z.
    var date: Date { Date(timeIntervalSince1970: Double(self) / 1000) }
}
