/// An error of the reference implementation, with an error code of `Vectors/README.md`.
///
/// The reference is a second receiver, with which tests compare the package. It is written from the rules of that page
/// alone, and is slow and simple. It shares only the primitives with the package.
package struct ReferenceRejection: Error, Equatable {
    package let code: String

    init(_ code: String) {
        self.code = code
    }
}
