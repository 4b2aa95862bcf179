internal import CKMSecurity
internal import KMPrimitives

/// What a pointer of the C interface refers to: a value that never changes.
final class Handle<Value: Sendable>: Sendable {
    let value: Value

    init(_ value: Value) {
        self.value = value
    }
}

/// Makes a value and gives its handle to the caller, who frees it.
func create<Value: Sendable>(
    _ created: UnsafeMutablePointer<OpaquePointer?>?,
    _ error: UnsafeMutablePointer<km_error>?,
    _ make: () throws -> Value
) -> km_status {
    unsafe perform(error) {
        guard let created = unsafe created else { throw missing("created") }
        unsafe created.pointee = nil
        let handle = Handle(try make())
        unsafe created.pointee = OpaquePointer(Unmanaged.passRetained(handle).toOpaque())
    }
}

/// Returns the value of a handle.
///
/// A live handle of another type is an error. C checks the types of handles, but most other languages do not.
func value<Value: Sendable>(of pointer: OpaquePointer?, _ type: Value.Type, _ name: String) throws -> Value {
    guard let pointer = unsafe pointer else { throw missing(name) }
    let object = unsafe Unmanaged<AnyObject>.fromOpaque(UnsafeRawPointer(pointer)).takeUnretainedValue()
    guard let handle = object as? Handle<Value> else {
        throw KMError(.argumentInvalid, "\(name) is a handle of another type")
    }
    return handle.value
}

/// Releases a handle, which erases the secrets of its value.
func freeHandle(_ pointer: OpaquePointer?) {
    guard let pointer = unsafe pointer else { return }
    unsafe Unmanaged<AnyObject>.fromOpaque(UnsafeRawPointer(pointer)).release()
}
