;; What facts of a picture are read from its brightness, with SIMD; the plain loops are in grey.ts.
(module
  ;; Pixels of 512 × 512 and their brightness, and slack.
  (memory (export "memory") 29)

  ;; Brightness of pixels, four at a time, in the same order of sums in 64 bits as the plain loop: the same numbers.
  (func (export "grey")
    (param $rgb i32)      ;; u8 [count, 3], 16 bytes of slack after it
    (param $out i32)      ;; f32 [count], 12 bytes of slack after it
    (param $count i32)
    (local $end i32) (local $bytes v128) (local $red v128) (local $green v128) (local $blue v128)
    (local.set $end (i32.add (local.get $out) (i32.shl (local.get $count) (i32.const 2))))
    (block $done
      (loop $pixels
        (br_if $done (i32.ge_u (local.get $out) (local.get $end)))
        (local.set $bytes (v128.load (local.get $rgb)))
        (local.set $red (i8x16.shuffle 0 16 16 16 3 16 16 16 6 16 16 16 9 16 16 16
          (local.get $bytes) (v128.const i32x4 0 0 0 0)))
        (local.set $green (i8x16.shuffle 1 16 16 16 4 16 16 16 7 16 16 16 10 16 16 16
          (local.get $bytes) (v128.const i32x4 0 0 0 0)))
        (local.set $blue (i8x16.shuffle 2 16 16 16 5 16 16 16 8 16 16 16 11 16 16 16
          (local.get $bytes) (v128.const i32x4 0 0 0 0)))
        (v128.store (local.get $out)
          (i8x16.shuffle 0 1 2 3 4 5 6 7 16 17 18 19 20 21 22 23
            (call $light (local.get $red) (local.get $green) (local.get $blue))
            (call $light
              (i8x16.shuffle 8 9 10 11 12 13 14 15 0 1 2 3 4 5 6 7 (local.get $red) (local.get $red))
              (i8x16.shuffle 8 9 10 11 12 13 14 15 0 1 2 3 4 5 6 7 (local.get $green) (local.get $green))
              (i8x16.shuffle 8 9 10 11 12 13 14 15 0 1 2 3 4 5 6 7 (local.get $blue) (local.get $blue)))))
        (local.set $rgb (i32.add (local.get $rgb) (i32.const 12)))
        (local.set $out (i32.add (local.get $out) (i32.const 16)))
        (br $pixels))))

  ;; The lower two pixels → f32 in the lower two lanes.
  (func $light (param $red v128) (param $green v128) (param $blue v128) (result v128)
    (f32x4.demote_f64x2_zero
      (f64x2.add
        (f64x2.add
          (f64x2.mul (f64x2.convert_low_i32x4_u (local.get $red)) (v128.const f64x2 0.299 0.299))
          (f64x2.mul (f64x2.convert_low_i32x4_u (local.get $green)) (v128.const f64x2 0.587 0.587)))
        (f64x2.mul (f64x2.convert_low_i32x4_u (local.get $blue)) (v128.const f64x2 0.114 0.114)))))

  ;; Sum, and sum of squares, of what pixels are.
  (func (export "lights")
    (param $data i32)     ;; f32 [count], an even number
    (param $count i32)
    (result f64 f64)
    (local $end i32) (local $light v128) (local $sum v128) (local $squares v128)
    (local.set $end (i32.add (local.get $data) (i32.shl (local.get $count) (i32.const 2))))
    (block $done
      (loop $pixels
        (br_if $done (i32.ge_u (local.get $data) (local.get $end)))
        (local.set $light (f64x2.promote_low_f32x4 (v128.load64_zero (local.get $data))))
        (local.set $sum (f64x2.add (local.get $sum) (local.get $light)))
        (local.set $squares
          (f64x2.add (local.get $squares) (f64x2.mul (local.get $light) (local.get $light))))
        (local.set $data (i32.add (local.get $data) (i32.const 8)))
        (br $pixels)))
    (call $both (local.get $sum) (local.get $squares)))

  ;; Sum, and sum of squares, of the Laplacian of the inner pixels.
  (func (export "edges")
    (param $data i32)     ;; f32 [height, width]
    (param $width i32)    ;; 3 and more
    (param $height i32)
    (result f64 f64)
    (local $row i32) (local $at i32) (local $end i32) (local $edge v128) (local $sum v128) (local $squares v128)
    (local.set $row (i32.shl (local.get $width) (i32.const 2)))
    (local.set $height (i32.sub (local.get $height) (i32.const 2)))
    (local.set $at (i32.add (local.get $data) (i32.add (local.get $row) (i32.const 4))))
    (block $done
      (loop $rows
        (br_if $done (i32.le_s (local.get $height) (i32.const 0)))
        (local.set $end (i32.add (local.get $at) (i32.sub (local.get $row) (i32.const 8))))
        (block $out
          (loop $pixels
            (br_if $out (i32.ge_u (local.get $at) (local.get $end)))
            (local.set $edge
              (f64x2.sub
                (f64x2.add
                  (f64x2.add
                    (f64x2.add
                      (f64x2.promote_low_f32x4 (v128.load64_zero (i32.sub (local.get $at) (local.get $row))))
                      (f64x2.promote_low_f32x4 (v128.load64_zero (i32.add (local.get $at) (local.get $row)))))
                    (f64x2.promote_low_f32x4 (v128.load64_zero (i32.sub (local.get $at) (i32.const 4)))))
                  (f64x2.promote_low_f32x4 (v128.load64_zero (i32.add (local.get $at) (i32.const 4)))))
                (f64x2.mul
                  (f64x2.promote_low_f32x4 (v128.load64_zero (local.get $at)))
                  (v128.const f64x2 4 4))))
            ;; The last of an odd number: its neighbour is a pixel at the border.
            (if (i32.eq (i32.add (local.get $at) (i32.const 4)) (local.get $end))
              (then (local.set $edge (f64x2.replace_lane 1 (local.get $edge) (f64.const 0)))))
            (local.set $sum (f64x2.add (local.get $sum) (local.get $edge)))
            (local.set $squares
              (f64x2.add (local.get $squares) (f64x2.mul (local.get $edge) (local.get $edge))))
            (local.set $at (i32.add (local.get $at) (i32.const 8)))
            (br $pixels)))
        (local.set $at (i32.add (local.get $end) (i32.const 8)))
        (local.set $height (i32.sub (local.get $height) (i32.const 1)))
        (br $rows)))
    (call $both (local.get $sum) (local.get $squares)))

  (func $both (param $sum v128) (param $squares v128) (result f64 f64)
    (f64.add (f64x2.extract_lane 0 (local.get $sum)) (f64x2.extract_lane 1 (local.get $sum)))
    (f64.add (f64x2.extract_lane 0 (local.get $squares)) (f64x2.extract_lane 1 (local.get $squares)))))
