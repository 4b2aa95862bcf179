internal import KMPrimitives

/// The versions of the tools and of OpenSSL.
package enum Version {
    package static let number = "0.1.0"
    /// The version of the loaded OpenSSL, such as `OpenSSL 3.0.19 27 Jan 2026`.
    package static var openSSL: String { OpenSSL.version }
}
