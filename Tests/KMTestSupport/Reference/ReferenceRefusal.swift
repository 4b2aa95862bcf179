/// What the reference refuses, by the code that `Vectors/README.md` has for it.
///
/// The reference is a second receiver, to hold the package's against: written from the rules of that page alone, slow, and as
/// plain as they are. It shares the primitives with the package, and nothing above them.
package struct ReferenceRefusal: Error, Equatable {
    package let code: String

    init(_ code: String) {
        self.code = code
    }
}
