internal import CKMOpenSSL

/// Numbers that spread threads over the parts of a divided value.
package enum CurrentThread {
    /// The number of parts that a value should have: four for each processor, as a power of two, 8 to 64.
    package static var slotCount: Int { km_slot_count() }

    /// The number of the calling thread among those that have asked for one, from 0 on.
    package static var number: Int { km_thread_number() }
}
