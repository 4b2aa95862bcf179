import KMPrimitives

/// The versions of the tool and of OpenSSL.
enum Version {
    static let number = "0.1.0"
    /// The version of the loaded OpenSSL, such as `OpenSSL 3.0.19 27 Jan 2026`.
    static var openSSL: String { OpenSSL.version }
}
