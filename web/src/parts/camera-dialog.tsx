import { type ReactNode, useEffect, useRef, useState } from "react";
import { frameOf, openCamera, stopStream } from "../frames";
import { useWords } from "../words";
import { Button, Dialog, Notice } from "./basics";

/** Shows the camera and takes one picture. */
export function CameraDialog({
  onTake,
  onClose,
}: {
  readonly onTake: (file: File) => void;
  readonly onClose: () => void;
}): ReactNode {
  const words = useWords();
  const video = useRef<HTMLVideoElement>(null);
  const [failed, setFailed] = useState(false);
  useEffect(() => {
    let stream: MediaStream | undefined;
    let gone = false;
    openCamera()
      .then((opened) => {
        stream = opened;
        if (gone) stopStream(opened);
        else if (video.current) video.current.srcObject = opened;
      })
      .catch(() => setFailed(true));
    return () => {
      gone = true;
      stopStream(stream);
    };
  }, []);
  const take = async (): Promise<void> => {
    const blob = video.current && (await frameOf(video.current, 1024, 0.92));
    if (!blob) return;
    onTake(
      new File([blob], `camera-${new Date().toISOString().slice(11, 19).replaceAll(":", "")}.jpg`, {
        type: "image/jpeg",
      }),
    );
    onClose();
  };
  return (
    <Dialog title={words.pictures.camera} onClose={onClose}>
      {failed ? (
        <Notice kind="error">{words.pictures.noCamera}</Notice>
      ) : (
        <>
          <video ref={video} className="camera" autoPlay playsInline muted />
          <div className="row end">
            <Button kind="main" icon="camera" onClick={() => void take()}>
              {words.pictures.take}
            </Button>
          </div>
        </>
      )}
    </Dialog>
  );
}
